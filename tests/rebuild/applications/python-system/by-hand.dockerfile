FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libmagic-dev libpq-dev python3-dev python3-pip
WORKDIR /srv
COPY requirements.txt /tmp/
RUN pip install --break-system-packages --no-binary psycopg2 -r /tmp/requirements.txt

FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmagic1 libpq5 python3 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/lib/python3.11/dist-packages /usr/local/lib/python3.11/dist-packages
WORKDIR /srv
COPY app app
ENTRYPOINT ["python3", "-m", "app"]
CMD ["postgresql://clerk@db.internal:5433/orders?sslmode=require"]
