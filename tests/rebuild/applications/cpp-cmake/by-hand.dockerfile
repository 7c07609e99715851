FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        cmake \
        g++ \
        libfmt-dev \
        ninja-build
WORKDIR /build
COPY CMakeLists.txt .
COPY source source
RUN cmake -G Ninja -DCMAKE_BUILD_TYPE=Release . && cmake --build . && cmake --install . && ldconfig

FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libfmt9 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/lib/liborbit.so.1 /usr/local/lib/
COPY --from=build /usr/local/bin/orbits /usr/local/bin/
RUN ldconfig
WORKDIR /build
ENV UNITS=metric
EXPOSE 8080/tcp
ENTRYPOINT ["/usr/local/bin/orbits"]
