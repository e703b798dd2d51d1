"""What is printed and handed over beside the audio."""
