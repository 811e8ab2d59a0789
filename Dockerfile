# syntax=docker/dockerfile:1

FROM rust:1.95.0-bookworm AS build
# PostgreSQL's own grammar is C; its bindings are made with libclang.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libclang-dev \
    && rm -rf /var/lib/apt/lists/*
# The compiler of this image, without the lints and formatter that rust-toolchain.toml asks for.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked \
    && cp target/release/patchbay /usr/local/bin/patchbay

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin patchbay \
    && install -d -o patchbay -m 0700 /data
COPY --from=build /usr/local/bin/patchbay /usr/local/bin/patchbay
USER patchbay
# By default the database and the sealing key are in data/, so here in /data.
WORKDIR /
VOLUME /data
ENV PATCHBAY_HTTP__LISTEN=0.0.0.0:3000
EXPOSE 3000
# No HEALTHCHECK: let what runs the container ask /healthz and /readyz.
ENTRYPOINT ["patchbay"]
CMD ["serve"]
