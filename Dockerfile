# The image of worker, pages and migrations: `proactive <command>`. It runs as an account of its own; .env.example lists
# the settings it needs: database, broker, secret, source, intake and text messages.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY scripts/setup.lock scripts/setup.lock
RUN python -m venv /opt/proactive \
    && /opt/proactive/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r scripts/setup.lock
# What the project needs to run, not to be tested; versions and hashes are those of the lock file.
COPY pyproject.toml requirements.lock ./
RUN /opt/proactive/bin/uv pip install --no-cache --compile-bytecode --python /opt/proactive/bin/python \
        --requirement pyproject.toml --constraint requirements.lock
COPY . .
RUN /opt/proactive/bin/uv pip install --no-cache --compile-bytecode --python /opt/proactive/bin/python --no-deps --no-build-isolation . \
    && /opt/proactive/bin/pip uninstall --yes --quiet uv setuptools

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/proactive --create-home proactive
COPY --from=build /opt/proactive /opt/proactive
ENV PATH=/opt/proactive/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 TZ=UTC \
    PROACTIVE_DATA_DIR=/var/lib/proactive
WORKDIR /var/lib/proactive
USER 10001
ENTRYPOINT ["proactive"]
CMD ["--help"]
