"""Codes that CD-Text has for languages and genres, and their names.

References
----------
Languages: EBU Tech 3264, appendix 3. Genres: as libcdio, cdrdao and REAPER number them.
"""

from __future__ import annotations

from formats.disc import Genre

_EUROPEAN = (  # from 00
    "Unknown,Albanian,Breton,Catalan,Croatian,Welsh,Czech,Danish,German,English,Spanish,"
    "Esperanto,Estonian,Basque,Faroese,French,Frisian,Irish,Gaelic,Galician,Icelandic,Italian,"
    "Lappish,Latin,Latvian,Luxembourgian,Lithuanian,Hungarian,Maltese,Dutch,Norwegian,Occitan,"
    "Polish,Portuguese,Romanian,Romansh,Serbian,Slovak,Slovenian,Finnish,Swedish,Turkish,"
    "Flemish,Walloon"
)
_OTHER = (  # to 7F
    "Zulu,Vietnamese,Uzbek,Urdu,Ukrainian,Thai,Telugu,Tatar,Tamil,Tajik,Swahili,Sranan Tongo,"
    "Somali,Sinhalese,Shona,Serbo-Croat,Ruthenian,Russian,Quechua,Pashto,Punjabi,Persian,"
    "Papiamento,Oriya,Nepali,Ndebele,Marathi,Moldavian,Malay,Malagasy,Macedonian,Laotian,"
    "Korean,Khmer,Kazakh,Kannada,Japanese,Indonesian,Hindi,Hebrew,Hausa,Gurani,Gujarati,Greek,"
    "Georgian,Fulani,Dari,Chuvash,Chinese,Burmese,Bulgarian,Bengali,Belarusian,Bambara,"
    "Azerbaijani,Assamese,Armenian,Arabic,Amharic"
)
_GENRES = (
    "Not Used,Not Defined,Adult Contemporary,Alternative Rock,Childrens,Classical,"
    "Contemporary Christian,Country,Dance,Easy Listening,Erotic,Folk,Gospel,Hip Hop,Jazz,Latin,"
    "Musical,New Age,Opera,Operetta,Pop,Rap,Reggae,Rock,R&B,Sound Effects,Soundtrack,"
    "Spoken Word,World Music"
)

LANGUAGES = dict(enumerate(_EUROPEAN.split(","))) | dict(
    enumerate(_OTHER.split(","), start=0x45)
)
"""Code of a language to its name."""
GENRES = tuple(_GENRES.split(","))
"""Names of the genre codes from 0; see `is_disputed` for the last three."""

_ANY_OTHER_GENRE = 1
_FIRST_DISPUTED_GENRE = 26


def genre_of(name: str) -> Genre:
    """Return the code for a genre, with its name in clear text.

    A genre without a code, as most are, is code 1 with its name.
    """
    folded = [each.casefold() for each in GENRES]
    found = name.casefold()
    return Genre(folded.index(found) if found in folded else _ANY_OTHER_GENRE, name)


def is_disputed(genre: Genre) -> bool:
    """Whether programs differ on what a code means: libburn and XLD have no Soundtrack.

    There, 26 is Spoken Word and 27 World Music. The text beside the code tells which it is.
    """
    return genre.code >= _FIRST_DISPUTED_GENRE
