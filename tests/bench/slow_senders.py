"""1,000 clients that send a byte of a head a second and come again when they are refused: a program
of its own, so that it can be put behind the client that is measured (nice), and evenly in time,
since a burst a second would itself be the 1 % that p99 shows.

    slow_senders.py PORT SECONDS     prints the longest time, in seconds, that one was held
"""
import select
import socket
import sys
import time

N, TICKS = 1000, 50  # a byte each second, in so many portions


def main():
    port, until = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    ours, poll, longest = [None] * N, select.epoll(), 0.0
    began, place = [0.0] * N, {}

    def come(i):
        s = socket.create_connection(("127.0.0.1", port), 5)
        s.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        s.setblocking(False)
        ours[i], began[i], place[s.fileno()] = s, time.monotonic(), i
        poll.register(s, select.EPOLLIN | select.EPOLLRDHUP)

    def gone(i):
        nonlocal longest
        longest = max(longest, time.monotonic() - began[i])
        del place[ours[i].fileno()]
        ours[i].close()
        ours[i] = None

    tick = 0
    while time.monotonic() < until:
        for i in range(tick % TICKS, N, TICKS):
            try:
                if ours[i] is None:
                    come(i)
                else:
                    ours[i].send(b"a")
            except OSError:
                if ours[i] is not None:
                    gone(i)
        tick += 1
        next_at = time.monotonic() + 1 / TICKS
        while (left := next_at - time.monotonic()) > 0:
            for fd, what in poll.poll(left):
                # its refusal alone is not yet the end
                if what & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                    gone(place[fd])
                else:
                    try:
                        ours[place[fd]].recv(4096)
                    except OSError:
                        gone(place[fd])
    # whoever is still held counts with the time so far
    print(max([longest] + [time.monotonic() - b for s, b in zip(ours, began) if s is not None]))


main()
