FROM debian:bookworm AS build
RUN apt-get update
RUN apt-get install -y --no-install-recommends autoconf automake gcc libc6-dev libyaml-dev make pkg-config
ADD . /tmp/settings
RUN cd /tmp/settings && autoreconf --install && ./configure --prefix=/opt/settings && make && make install-strip

FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libyaml-0-2 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/settings /opt/settings
ENV PATH=/opt/settings/bin:$PATH
COPY example.yaml /etc/settings.yaml
VOLUME /var/lib/settings
STOPSIGNAL SIGINT
CMD settings /etc/settings.yaml
