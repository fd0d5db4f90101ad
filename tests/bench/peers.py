"""The stacks of tests/bench/stacks, started as their users would."""
import os
import shutil
import time

from measure import Process, free_port, start_nginx, wait_port


def start_stacks(folder, code, sock_dir, env):
    """What a user would take instead, each on a port of its own: {name: process with .port}."""
    peers = {}
    port = free_port()
    peers["fastify + pg"] = Process(["node", f"{code}/server.js"],
                                    env=dict(env, PORT=str(port), NODE_ENV="production"))
    peers["fastify + pg"].port = port
    port = free_port()
    peers["starlette + asyncpg"] = Process(
        ["uvicorn", "app:app", "--app-dir", code, "--port", str(port), "--log-level",
         "error", "--no-access-log", "--loop", "uvloop", "--http", "httptools"], env=env)
    peers["starlette + asyncpg"].port = port
    fpm = shutil.which("php-fpm8.2") or "/usr/sbin/php-fpm8.2"
    sock = f"{folder}/fpm.sock"
    with open(f"{folder}/fpm.conf", "w") as f:
        f.write(f"[global]\nerror_log={folder}/fpm.log\ndaemonize=no\n[www]\nlisten={sock}\n"
                "listen.mode=0666\npm=static\npm.max_children=4\nclear_env=no\n"
                + ("user=root\ngroup=root\n" if os.getuid() == 0 else ""))
    p = Process([fpm, "-y", f"{folder}/fpm.conf", "-R", "-d", "opcache.enable=1"], env=env)
    for _ in range(100):
        if os.path.exists(sock):
            break
        time.sleep(0.05)
    n = start_nginx(f"{folder}/nginx-php", http="", server=(
        f"location / {{ include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME "
        f"{code}/index.php; fastcgi_param PGHOST {sock_dir}; fastcgi_param HEAD_FILE "
        f"{code}/head.html; fastcgi_pass unix:{sock}; }}"))

    class Both:
        port = n.port

        @staticmethod
        def stop():
            n.stop()
            p.stop()
    peers["PHP-FPM + nginx"] = Both
    for peer in peers.values():
        wait_port(peer.port)
    return peers
