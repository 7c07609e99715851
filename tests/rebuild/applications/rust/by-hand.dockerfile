FROM debian:bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends cargo \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /usr/src/words
COPY Cargo.toml Cargo.lock ./
COPY src src
RUN cargo build --release --offline

FROM debian:bookworm
WORKDIR /usr/src/words
COPY --from=build /usr/src/words/target/release/words target/release/words
COPY text.txt /data/
CMD ["target/release/words", "/data/text.txt"]
