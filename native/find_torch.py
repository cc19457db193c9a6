"""Prints the paths of this Python and of its torch as JSON, without importing torch. Read by find-libtorch.mjs."""
import importlib.util
import json
import os
import sys


def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


own_folder = os.path.dirname(os.path.abspath(__file__))
sys.path = [folder for folder in sys.path if folder != own_folder]
torch = importlib.util.find_spec("torch")
print(
    json.dumps(
        {
            "executable": sys.executable,
            "version": "%d.%d.%d" % sys.version_info[:3],
            "torch": os.path.dirname(torch.origin) if torch and torch.origin else None,
            "canInstall": has("pip") or (has("venv") and has("ensurepip")),
            "hasPip": has("pip"),
        }
    )
)
