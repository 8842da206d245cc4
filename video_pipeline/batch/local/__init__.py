"""Many recordings on this machine: decoders in processes of their own, one classifier for all."""
