FROM debian:bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jdk-headless \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY src ./src
RUN javac -d classes src/calendar/*.java \
 && jar --create --file calendar.jar --main-class calendar.Main -C classes . \
 && rm -r classes

FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jre-headless \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/calendar.jar .
CMD ["java", "-jar", "calendar.jar", "2024"]
