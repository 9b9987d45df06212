"""Writing what was measured: planning work, doing a stage, keeping its results."""
