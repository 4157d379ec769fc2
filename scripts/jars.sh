#!/bin/sh
# Gets the jars of scripts/jars/pom.xml with Maven into build/jars, once: Apache Kafka, Connect, Debezium for PostgreSQL.
# Never fails: without Java 17 or Maven the tests that need them are skipped, and it says so loudly.
set -u
cd "$(dirname "$0")/.."
into=build/jars

skipped() {
    printf '%s\n' \
        '********************************************************************************' \
        "*** No Apache Kafka, no Debezium: $1" \
        '*** THE TESTS ON REAL KAFKA AND DEBEZIUM WILL BE SKIPPED. Install a JRE 17 or newer and Maven' \
        '*** (Debian: apt-get install openjdk-17-jre-headless maven) and run make test again.' \
        '********************************************************************************' >&2
    exit 0
}

version() { java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1; }

fetch() { # profile, folder
    echo "jars: getting those of $1 with Maven" >&2
    rm -rf "$2"
    mvn -B -ntp -q -f scripts/jars/pom.xml "-P$1" dependency:copy-dependencies -DincludeScope=runtime \
        "-DoutputDirectory=$(pwd -P)/$2" >&2
}

wanted=$(cat scripts/jars/pom.xml scripts/jars.sh | cksum)
[ "$(cat "$into/complete" 2>/dev/null || true)" = "$wanted" ] && exit 0
command -v java >/dev/null || skipped "there is no Java."
[ "$(version)" -ge 17 ] 2>/dev/null || skipped "Java is older than 17."
command -v mvn >/dev/null || skipped "there is no Maven."
mkdir -p "$into"
rm -f "$into/complete"
fetch kafka "$into/kafka" || skipped "Maven could not get the jars of Kafka."
fetch debezium "$into/plugins/debezium-connector-postgres" || skipped "Maven could not get the jars of Debezium."
echo "$wanted" >"$into/complete"
