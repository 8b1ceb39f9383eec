# The service alone. It needs PostgreSQL 15+ and a Kill Bill 0.24 (compose.yaml has all three) and reads its settings as config/default.toml explains.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches keep a rebuild after a change at the project's own crate
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin nodeconductor-billing \
    && strip --strip-debug -o /nodeconductor-billing target/release/nodeconductor-billing

FROM debian:bookworm-slim
# Certificates for a Kill Bill behind https; Chinese, Japanese and Korean characters for names on documents (other scripts are in the binary)
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin billing
COPY --from=build /nodeconductor-billing /usr/local/bin/nodeconductor-billing
ENV NCB__HTTP__BIND=0.0.0.0:8080 \
    NCB__PDF__FONT_DIRS=/usr/share/fonts/truetype/wqy
USER billing
EXPOSE 8080
# bash speaks HTTP well enough to save the image a client; ready = database reachable and migrated
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["nodeconductor-billing"]
CMD ["serve"]
