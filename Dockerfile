# syntax=docker/dockerfile:1.7
# One image for every `citybrain` command; docker-compose.yml chooses the command.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /src
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY citybrain citybrain
COPY connectors connectors
COPY streams streams
COPY notifier notifier
COPY sinks sinks
COPY dashboards dashboards
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="wuhai-citybrain" \
      org.opencontainers.image.licenses="Apache-2.0"
# The volume takes over this owner when it is first made, so no process has to be root to write it.
RUN groupadd --gid 10001 citybrain \
    && useradd --uid 10001 --gid citybrain --no-create-home --shell /usr/sbin/nologin citybrain \
    && install --directory --owner=citybrain --group=citybrain /var/lib/citybrain
COPY --from=build /opt/venv /opt/venv
COPY cities /etc/citybrain/cities
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CITYBRAIN_CITIES=/etc/citybrain/cities \
    CITYBRAIN_DATA=/var/lib/citybrain \
    CITYBRAIN_LOG_FORMAT=json
WORKDIR /var/lib/citybrain
USER 10001:10001
VOLUME ["/var/lib/citybrain"]
# Of the default command; docker-compose.yml has each service's own.
HEALTHCHECK --interval=15s --timeout=14s --start-period=60s --retries=3 \
    CMD ["citybrain", "health", "gateway", "--url", "http://127.0.0.1:18080/healthz"]
ENTRYPOINT ["citybrain"]
CMD ["gateway"]
