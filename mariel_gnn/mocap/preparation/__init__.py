"""From a laboratory's file to a recording that a model can train on."""
