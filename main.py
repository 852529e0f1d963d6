"""`uvicorn main:app`"""

from apis.app import create_app
from core.config import Settings
from services.bootstrap import bootstrap

app = create_app(bootstrap(Settings.read()))
