FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY primes.c /src/primes.c
RUN gcc -O2 -static -o /primes /src/primes.c

FROM scratch
COPY --from=build /primes /primes
USER 65534:65534
ENTRYPOINT ["/primes"]
CMD ["100000"]
