#!/usr/bin/env bash
# The same work scripted with ffmpeg, sox, flac and lame, two tracks at a time: chain, two-pass
# loudness, limiter at four times the rate, CD image at 16/44.1, 24-bit FLAC, MP3 320, and a
# last measurement of every master.
# usage: peer_album.sh MIXES OUT
set -euo pipefail
mixes=$1 out=$2
mkdir -p "$out"/{master,cd,flac,mp3}

one() {
  mix=$1 out=$2
  name=$(basename "$mix" .wav)
  chain="highpass=25,equalizer=100:t=q:w=1:g=0.8,equalizer=400:t=q:w=1:g=-1"
  chain="$chain,equalizer=3000:t=q:w=1:g=0.7,highshelf=10000:g=1"
  chain="$chain,acompressor=threshold=0.1:ratio=2:attack=20:release=150"
  loudness=$(ffmpeg -hide_banner -nostats -i "$mix" -af "$chain,ebur128=peak=true" -f null - 2>&1 |
    awk '/^ *I:/ {value = $2} END {print value}')
  gain=$(awk -v loudness="$loudness" 'BEGIN {printf "%.2f", -12 - loudness}')
  limit="volume=${gain}dB,aresample=192000,alimiter=limit=0.891:level=0,aresample=48000"
  ffmpeg -v error -y -i "$mix" -af "$chain,$limit" -c:a pcm_s24le "$out/master/$name.wav"
  sox -G "$out/master/$name.wav" -b 16 "$out/cd/$name.wav" rate -v 44100 dither -s
  flac -s -f -8 -o "$out/flac/$name.flac" "$out/master/$name.wav"
  lame --quiet -b 320 "$out/cd/$name.wav" "$out/mp3/$name.mp3"
  ffmpeg -hide_banner -nostats -i "$out/master/$name.wav" -af ebur128=peak=true -f null - 2>&1 |
    awk '/^ *I:/ {loudness = $2} /Peak:/ {peak = $2} END {print loudness, peak}' \
      > "$out/master/$name.txt"
}
export -f one
find "$mixes" -name '*.wav' -print0 | sort -z | xargs -0 -P 2 -I{} bash -c 'one "$1" "$2"' _ {} "$out"
sox "$out"/cd/*.wav -t raw "$out/cd/image.bin"
