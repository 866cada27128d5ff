"""Python imports this at its start, where ``PYTHONPATH`` leads here."""

import no_network

no_network.forbid()
