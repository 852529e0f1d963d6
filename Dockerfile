# Orchestre in a container: the same image serves, works and migrates; the command says which.
FROM python:3.11-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/orchestre
COPY requirements/app.txt requirements/build.txt requirements/
RUN /opt/orchestre/bin/pip install --require-hashes -r requirements/app.txt \
    && pip install --require-hashes -r requirements/build.txt
COPY . .
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/orchestre/bin/pip install --no-deps dist/orchestre-*.whl

FROM python:3.11-slim-bookworm AS flower

# Celery's monitor. It knows the broker and none of Orchestre's secrets.
COPY requirements/flower.txt /tmp/flower.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/flower.txt \
    && useradd --uid 1500 --create-home --shell /usr/sbin/nologin flower
ENV PYTHONUNBUFFERED=1
WORKDIR /home/flower
USER 1500
EXPOSE 5555
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5555/healthcheck', timeout=4)"]
CMD ["celery", "flower", "--port=5555"]

FROM python:3.11-slim-bookworm AS orchestre

RUN groupadd --gid 1500 orchestre \
    && useradd --uid 1500 --gid 1500 --no-create-home --shell /usr/sbin/nologin orchestre \
    && install --directory --owner=1500 --group=1500 --mode=0700 /var/lib/orchestre
COPY --from=build /opt/orchestre /opt/orchestre

ENV PATH=/opt/orchestre/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ORCHESTRE_HOME=/var/lib/orchestre \
    ORCHESTRE_HOST=0.0.0.0 \
    ORCHESTRE_PORT=8000
WORKDIR /var/lib/orchestre
VOLUME /var/lib/orchestre
USER 1500:1500
EXPOSE 8000

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['ORCHESTRE_PORT']}/healthz\", timeout=4)"]
CMD ["orchestre", "serve"]
