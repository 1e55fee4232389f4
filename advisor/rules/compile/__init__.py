"""From nodes to a compiled pack, a module for each family of sections."""
