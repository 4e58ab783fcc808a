FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.13-slim
COPY --from=build /wheel /wheel
RUN pip install --no-cache-dir /wheel/*.whl \
    && useradd --system --uid 10001 emulator \
    && install --directory --owner=emulator /data
USER emulator

# A container is reached from outside itself, never over loopback: so it listens on every address, and the control
# plane must answer to callers that are not local. That is safe enough here, because nobody reaches the container but
# through the port that Docker publishes: publish it to your own machine alone (-p 127.0.0.1:8080:8080), or set
# OPERATOR_EMULATOR_CONTROL_TOKEN, which is then asked of everybody, where others can reach it.
ENV OPERATOR_EMULATOR_HOST=0.0.0.0 \
    OPERATOR_EMULATOR_PORT=8080 \
    OPERATOR_EMULATOR_DATA=/data/world.sqlite \
    OPERATOR_EMULATOR_CONTROL_OPEN=1 \
    PYTHONUNBUFFERED=1

# The world survives the container: docker run -v operator-emulator:/data … finds it again.
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['OPERATOR_EMULATOR_PORT']}/_emulator/health\", timeout=2)"]
ENTRYPOINT ["operator-emulator"]
CMD ["serve"]
