FROM debian:bookworm AS build
RUN apt-get update \
 && apt-get install -y build-essential libsqlite3-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /usr/src/inventory
COPY . .
RUN make && make install

FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libsqlite3-0 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/inventory /usr/local/bin/
COPY --from=build /usr/local/share/inventory /usr/local/share/inventory
WORKDIR /usr/src/inventory
LABEL org.opencontainers.image.title="inventory"
CMD ["inventory", "/usr/local/share/inventory/stock.csv"]
