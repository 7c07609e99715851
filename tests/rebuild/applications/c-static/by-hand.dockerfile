FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY primes.c /src/primes.c
RUN gcc -O2 -static -o /usr/local/bin/primes /src/primes.c \
 && mkdir /usr/local/libexec \
 && ln /usr/local/bin/primes /usr/local/libexec/primes-count

FROM scratch
COPY --from=build /usr/local /usr/local
USER 65534:65534
ENV PATH=/usr/local/bin
ENTRYPOINT ["primes"]
CMD ["100000"]
