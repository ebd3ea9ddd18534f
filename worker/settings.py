"""Every setting: name, default and help, in this one place. Only the wiring modules read it.

Each is an environment variable `AUDIO_CONCEPTS_<NAME>`; the local stack writes them to `<home>/stack.env` (0600), which
is read when the environment does not say otherwise. Secrets have no default and no repr.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "AUDIO_CONCEPTS_"


class Settings(BaseSettings):
    """What a process needs to know of the machine it runs on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    home: Path = Field(
        default=Path(".audio-concepts"), description="Folder of the local stack: secrets, server data, logs"
    )
    data_dir: Path | None = Field(
        default=None, description="Folder for activations, vectors and builds (default: data below the home)"
    )
    neo4j_uri: str = Field(default="bolt://127.0.0.1:7687", description="Where Neo4j speaks Bolt")
    neo4j_user: str = Field(default="neo4j", description="Neo4j user")
    neo4j_password: SecretStr | None = Field(default=None, description="Neo4j password")
    redis_url: SecretStr | None = Field(default=None, description="Redis URL of the Celery broker, password included")
    neo4j_bolt_port: int = Field(default=7687, ge=1, le=65535, description="Local stack: Bolt port")
    neo4j_http_port: int = Field(default=7474, ge=1, le=65535, description="Local stack: Neo4j Browser port")
    redis_port: int = Field(default=6390, ge=1, le=65535, description="Local stack: Redis port")
    api_port: int = Field(default=8090, ge=1, le=65535, description="Local stack: API port")
    api_host: str = Field(default="127.0.0.1", description="Address the API listens on")
    api_key: SecretStr | None = Field(
        default=None, description="A key with every scope that the API takes, and that the command line sends"
    )
    api_rate: str = Field(
        default="", description="Requests one key or address may send, such as 600/minute; any number by default"
    )
    api_cors: str = Field(
        default="", description="Origins whose web pages may ask the API, commas between; only its own page by default"
    )
    audio_roots: str = Field(
        default="",
        description="Folders whose audio the API serves, parted as in PATH; none by default",
    )
    upload_mb: int = Field(
        default=200, ge=0, le=16_384, description="Largest file that POST /tracks takes, in MB; 0: it takes none"
    )
    neo4j_heap: str = Field(
        default="1g", description="Local stack: Neo4j heap, shared by GDS", pattern=r"^[1-9]\d*[mg]$"
    )
    neo4j_page_cache: str = Field(
        default="256m", description="Local stack: Neo4j page cache", pattern=r"^[1-9]\d*[mg]$"
    )
    device: str = Field(default="auto", description="Where activations are computed: auto, cpu or cuda")
    lease_s: float = Field(
        default=60.0, gt=0, description="A step whose worker is silent this long is given to another"
    )

    @property
    def data(self) -> Path:
        """The data folder, the default resolved."""
        return self.data_dir if self.data_dir is not None else self.home / "data"


def load_settings(home: Path | None = None) -> Settings:
    """Read the environment, then `<home>/stack.env`, then the defaults; earlier ones win.

    Args:
        home: the local stack's folder; default: `AUDIO_CONCEPTS_HOME`, else `.audio-concepts`.
    """
    chosen = home or Path(os.environ.get(f"{PREFIX}HOME", ".audio-concepts"))
    return Settings(_env_file=chosen / "stack.env", home=chosen)
