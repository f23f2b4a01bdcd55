"""What every test shares: a stripped environment."""

import os
import tempfile

for name in [name for name in os.environ if name.startswith("PROVISOR_")]:
    del os.environ[name]
# The PostgreSQL package keeps its sockets here and warns when nobody set it.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="provisor-"))
