"""What the detectors of the intake are tried on."""
