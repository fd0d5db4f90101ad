"""Plays systemd's SystemCallFilter=: calls.py UNIT PROGRAM ARGUMENT...: executes the program with only
those system calls that the unit allows; any other one fails with EPERM, as its
SystemCallErrorNumber= says.  What the groups (@system-service) hold is what systemd-analyze prints."""
import ctypes
import errno
import os
import subprocess
import sys

ERRNO = 0x00050000 | errno.EPERM
ALLOW = 0x7FFF0000


def groups():
    """Name of each group -> what stands in it."""
    said = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], check=True,
                          capture_output=True, text=True).stdout
    found, name = {}, None
    for line in said.splitlines():
        if line.startswith("@"):
            name = line.split()[0]
            found[name] = []
        elif line.startswith(" ") and name and not line.strip().startswith("#"):
            found[name].append(line.strip())
        elif not line.startswith(" ") and line:
            name = None
    return found


def expand(words, known):
    calls = set()
    for word in words:
        calls |= expand(known[word], known) if word.startswith("@") else {word}
    return calls


allowed = set()
with open(sys.argv[1], encoding="utf-8") as unit:
    for line in unit:
        key, _, value = line.strip().partition("=")
        if key != "SystemCallFilter":
            continue
        if value.startswith("~"):
            allowed -= expand(value[1:].split(), groups())
        else:
            # @default is always there
            allowed |= expand(["@default"] + value.split(), groups())

lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
lib.seccomp_load.argtypes = [ctypes.c_void_p]
context = lib.seccomp_init(ctypes.c_uint32(ERRNO))
for call in sorted(allowed):
    number = lib.seccomp_syscall_resolve_name(call.encode())
    if number >= 0:
        lib.seccomp_rule_add(context, ALLOW, number, 0)
os.environ["LISTEN_PID"] = str(os.getpid())
if lib.seccomp_load(context) != 0:
    sys.exit("calls.py: the list cannot be loaded")
os.execv(sys.argv[2], sys.argv[2:])
