"""``make bench``: every measurement that needs no argument, one after the other."""

import subprocess
import sys

for name in ("embedding", "sentences", "quality", "speed", "page"):
    print(f"\n## {name}\n", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
