FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates golang-go && rm -rf /var/lib/apt/lists/*
WORKDIR /go/src/table
COPY go.mod main.go ./
ARG VERSION=1.2.3
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.version=$VERSION" -o /usr/local/bin/table .

FROM scratch
COPY --from=build /usr/local/bin/table /usr/local/bin/table
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
WORKDIR /go/src/table
ENV PATH=/usr/local/bin TABLE_WIDTH=8
ENTRYPOINT ["table"]
CMD ["3"]
