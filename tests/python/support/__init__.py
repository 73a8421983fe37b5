"""What the tests share: throwaway servers and databases, and a comparison of both sides.

The tools of tests/server are no package; importing this one puts them on sys.path.
"""

import sys
from pathlib import Path

SERVER_TOOLS = Path(__file__).resolve().parents[2] / "server"

if str(SERVER_TOOLS) not in sys.path:
    sys.path.append(str(SERVER_TOOLS))
