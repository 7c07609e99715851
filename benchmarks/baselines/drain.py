"""Read standard input to its end, into one buffer of 1 MiB that is used again and again."""

_CHUNK = 1 << 20


def main() -> int:
    """Count the bytes."""
    buffer, size = bytearray(_CHUNK), 0
    with open(0, "rb", buffering=0, closefd=False) as stream:
        while count := stream.readinto(buffer):
            size += count
    return size


if __name__ == "__main__":
    print(main())
