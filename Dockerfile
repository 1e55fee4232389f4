ARG PYTHON=3.11

# The same lock file as `make run`; the tools that build and install go before the second stage.
FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY requirements.lock requirements-embedded.lock ./
RUN python -m venv /opt/advisor \
 && /opt/advisor/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements.lock --requirement requirements-embedded.lock
COPY pyproject.toml ./
COPY advisor advisor
RUN /opt/advisor/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation . \
 && /opt/advisor/bin/pip check \
 && /opt/advisor/bin/pip uninstall --yes hatchling packaging pathspec pluggy trove-classifiers setuptools pip

FROM python:${PYTHON}-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/advisor advisor
COPY --from=build /opt/advisor /opt/advisor
COPY rules /etc/advisor/rules
ENV PATH=/opt/advisor/bin:$PATH PYTHONUNBUFFERED=1 ADVISOR_RULES=/etc/advisor/rules ADVISOR_DATA=/var/lib/advisor/data
USER advisor
WORKDIR /var/lib/advisor
VOLUME /var/lib/advisor
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["advisor", "healthcheck"]
CMD ["advisor", "serve"]
