"""Plays systemd: activate.py FOLDER PROGRAM ARGUMENT...: opens a TCP socket and a unix socket
named "admin", writes the port to FOLDER/port, hands both to the program (LISTEN_FDS) and notes
what it says to NOTIFY_SOCKET in FOLDER/said, one line each."""
import os
import socket
import sys

folder = sys.argv[1]
web = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
web.bind(("127.0.0.1", 0))
web.listen(64)
admin = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
admin.bind(folder + "/admin.sock")
admin.listen(64)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(folder + "/notify.sock")
with open(folder + "/port", "w", encoding="ascii") as f:
    f.write(str(web.getsockname()[1]))

pid = os.fork()
if pid == 0:
    os.dup2(web.fileno(), 13)
    os.dup2(admin.fileno(), 14)
    os.dup2(13, 3)
    os.dup2(14, 4)
    env = dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="web:admin")
    env.update(NOTIFY_SOCKET=folder + "/notify.sock", WATCHDOG_USEC="4000000")
    os.execve(sys.argv[2], sys.argv[2:], env)
web.close()
admin.close()
with open(folder + "/pid", "w", encoding="ascii") as f:
    f.write(str(pid))
notify.settimeout(0.2)
with open(folder + "/said", "w", encoding="ascii", buffering=1) as said:
    while True:
        try:
            said.write(notify.recv(4096).decode().replace("\n", " ") + "\n")
        except TimeoutError:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                sys.exit(os.waitstatus_to_exitcode(status))
