"""Keeps the daemon running as systemd would: keep.py PID_FILE STATE_FILE COMMAND...

When the main process ends it waits a moment for the children to notice, kills what is left (the
control group of a unit) and starts it again.  STATE_FILE gets one line a restart: the exit status,
and how many children had not ended by themselves within two seconds.  SIGTERM ends all."""
import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
ending = False


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as f:
        return [int(p) for p in f.read().split()]


def reap():
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def sweep():
    """How many children had to be killed."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        reap()
        if not children():
            return 0
        time.sleep(0.02)
    left = children()
    for p in left:
        os.kill(p, signal.SIGKILL)
    while children():
        reap()
        time.sleep(0.02)
    return len(left)


def main():
    global ending
    pid_file, state = sys.argv[1:3]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    proc = None

    def term(*_):
        global ending
        ending = True
        if proc:
            proc.terminate()

    signal.signal(signal.SIGTERM, term)
    while not ending:
        proc = subprocess.Popen(sys.argv[3:])
        with open(pid_file + ".new", "w", encoding="ascii") as f:
            f.write(str(proc.pid))
        os.rename(pid_file + ".new", pid_file)
        proc.wait()
        with open(state, "a", encoding="ascii") as f:
            f.write(f"{proc.returncode} {sweep()}\n")
        if not ending:
            time.sleep(0.1)


main()
