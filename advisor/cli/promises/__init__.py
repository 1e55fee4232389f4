"""``advisor promises``: what the company has promised to ring back for, for operators."""
