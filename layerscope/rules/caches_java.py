"""What build tools of the Java machine keep for the next build: a table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import BUILDS_AGAIN, Cache
from layerscope.rules.kit.places import Place
from layerscope.rules.kit.rule import Confidence

CACHES: Final = (
    Cache(
        name="maven-repository",
        what="artifacts in Maven's local repository, and what its wrapper downloaded",
        why=BUILDS_AGAIN,
        places=(
            *(Place(folder, sign=r"[^/]/[^/]+\.pom$") for folder in ("~/.m2/repository", "$MAVEN_CONFIG/repository")),
            Place("~/.m2/wrapper/dists"),
        ),
        step="mvn package",
        left_out="the repository where the image's command or CLASSPATH names it. A repository set by "
        "-Dmaven.repo.local is not looked for.",
        confidence=Confidence.MEDIUM,
        runs="mvnw?",
    ),
    Cache(
        name="gradle-cache",
        what="dependencies, build caches and distributions that Gradle keeps",
        why=BUILDS_AGAIN,
        places=tuple(
            Place(f"{home}/{folder}", shape)
            for home in ("~/.gradle", "$GRADLE_USER_HOME")
            for folder, shape in (
                ("caches", r"[^/]+-\d+/|\d+\.\d"),
                ("wrapper/dists", r"gradle-"),
                ("daemon", r"\d+\.\d"),
                ("native", r"[0-9a-f]{25,64}/|\d+\.\d|jansi/"),
            )
        ),
        step="./gradlew build --no-daemon",
        left_out="Java machines that Gradle downloaded (jdks).",
        confidence=Confidence.MEDIUM,
        runs="gradlew?",
    ),
    Cache(
        name="ivy-cache",
        what="artifacts that Ivy downloaded",
        why=BUILDS_AGAIN,
        places=(Place("~/.ivy2/cache"),),
        step="sbt package",
        left_out="what was published locally (~/.ivy2/local), and sbt itself (~/.sbt).",
        confidence=Confidence.MEDIUM,
        runs="sbt",
    ),
    Cache(
        name="coursier-cache",
        what="artifacts that Coursier downloaded",
        why=BUILDS_AGAIN,
        places=(
            *(Place(folder, r"https?/") for folder in ("~cache/coursier/v1", "~/.coursier/cache/v1")),
            Place("$COURSIER_CACHE", r"https?/([^/.]++\.)++[^/.]++/"),
        ),
        step="sbt package",
        left_out="unpacked archives and Java machines (arc, jvm). An application that Coursier itself installed runs "
        "from its cache.",
        confidence=Confidence.MEDIUM,
        runs="sbt|cs|coursier|scala|scala-cli",
    ),
)

RULES: Final = tuple(row.rule() for row in CACHES)
