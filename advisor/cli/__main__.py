"""``python -m advisor.cli`` is ``advisor``."""

from advisor.cli.main import main

main(prog_name="advisor")
