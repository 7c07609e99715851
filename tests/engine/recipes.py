"""What the images of the tests are made of: Dockerfiles on ``base:1``, and one context for all of them."""

import io
import tarfile
from pathlib import Path

DOCKERFILES = {
    "layers": r"""
        FROM base:1
        COPY tree /srv/tree
        ENV A=b
        RUN echo hello > /etc/motd && mkdir -p /var/lib/app && cp /srv/tree/one /var/lib/app/
        WORKDIR /srv/new/folder
        RUN echo more >> /etc/motd
        COPY tree/one /srv/tree/one
        COPY tree/one /srv/tree/one
        CMD ["sh"]
        """,
    "stages": r"""
        FROM base:1 AS build
        RUN mkdir /out && head -c 300000 /dev/zero > /out/app && ln -s app /out/link
        FROM base:1
        COPY --from=build /out /opt
        COPY --chown=1000:1000 tree /home/app
        USER 1000
        """,
    "whiteouts": r"""
        FROM base:1
        RUN mkdir -p /data/deep/er && echo 1 > /data/a && echo 22 > /data/b && echo 333 > /data/deep/er/c
        RUN rm /data/a
        RUN rm -r /data/deep
        RUN echo again > /data/a && echo short > /gone && rm /gone
        RUN rm -r /data && mkdir /data && echo opaque > /data/new
        RUN mkdir /data/sub && echo 4444 > /data/sub/d
        RUN rm -r /data /bin/ed
        """,
    "replaced": r"""
        FROM base:1
        RUN mkdir -p /was-folder/in /folder-to-link && echo 1 > /was-folder/in/a && echo 22 > /folder-to-link/b
        RUN echo 333 > /was-file && ln -s was-file /was-link && ln -s etc /link-to-folder
        RUN rm -r /was-folder && echo file > /was-folder
        RUN rm /was-file && mkdir /was-file && echo in > /was-file/inner
        RUN rm -r /folder-to-link && ln -s somewhere/else /folder-to-link
        RUN rm /link-to-folder && mkdir /link-to-folder && echo x > /link-to-folder/y
        RUN rm /was-link && echo regular > /was-link
        """,
    "hardlinks": r"""
        FROM base:1
        RUN mkdir /d && head -c 5000 /dev/zero > /d/a && ln /d/a /d/b && ln /d/a /d/c && ln /d/a /e
        RUN rm /d/a
        RUN ln /d/b /d/lower
        RUN echo more >> /d/c
        RUN rm -r /d
        RUN ln /bin/busybox /busybox && ln -s /bin/busybox /s && ln /s /t
        """,
    "owners": r"""
        FROM base:1
        RUN mkdir -p /data/sub && head -c 10000 /dev/zero > /data/a && echo b > /data/sub/b && ln -s a /data/link
        RUN chown -R 1000:1000 /data
        RUN chmod -R go-rwx /data
        RUN touch /data/a
        RUN chown -h 5:5 /data/link
        """,
    "large": r"""
        FROM base:1
        RUN dd if=/dev/zero of=/sparse bs=1 count=0 seek=134217728 && echo end >> /sparse
        RUN head -c 67108865 /dev/urandom > /real
        RUN chmod 600 /real
        """,
    "odd": r"""
        FROM base:1
        ADD odd.tar /
        RUN mkfifo /fifo && mknod /device c 1 3 && mknod /block b 7 99
        RUN ln -s /etc/passwd /absolute && ln -s ../../../etc /relative && ln -s nowhere /dangling && \
            ln -s "$(head -c 3000 /dev/zero | tr '\0' x | sed 's/x\{10\}/&\//g')" /long-target
        RUN mkdir '/naïve ☃' && echo snow > '/naïve ☃/日本語.txt' && printf latin > "$(printf '/caf\351.txt')" && \
            echo line > "$(printf '/new\nline')" && echo -n > /empty
        RUN chmod 6755 /capable && rm /fifo /device
        """,
    "empty": r"""
        FROM base:1
        RUN true
        LABEL a=b
        RUN true
        VOLUME /data
        ENTRYPOINT ["sh"]
        """,
    "engine-files": r"""
        FROM base:1
        COPY tree/one /etc/hostname
        COPY tree/one /etc/resolv.conf
        RUN mkdir -p /dev/shm && echo 1 > /dev/file
        """,
    "scratch": r"""
        FROM scratch
        COPY tree /
        """,
}


def make_context(folder: Path) -> Path:
    """Write the files that the Dockerfiles copy."""
    (folder / "tree" / "sub").mkdir(parents=True)
    (folder / "tree" / "one").write_bytes(b"1" * 1000)
    (folder / "tree" / "sub" / "two").write_bytes(b"2" * 2000)
    (folder / "tree" / "link").symlink_to("sub/two")
    _odd_files(folder / "odd.tar")
    return folder


def _odd_files(path: Path) -> None:
    """Write a tar with a file capability, a large owner, a long path, and two names of one file."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:

        def add(name: str, contents: bytes, **fields: object) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            for field, value in fields.items():
                setattr(member, field, value)
            tar.addfile(member, io.BytesIO(contents))

        # CAP_NET_BIND_SERVICE, permitted and effective: what setcap writes.
        capability = "\x01\0\0\x02\0\x04" + 14 * "\0"
        add("capable", b"#!/bin/sh\n", mode=0o755, pax_headers={"SCHILY.xattr.security.capability": capability})
        add("large-owner", b"plus", uid=3_000_000, gid=4_000_000)
        add("a-rather-long-folder-name/" * 8 + "file", b"far away")
        add("twin", b"", type=tarfile.LNKTYPE, linkname="large-owner")
