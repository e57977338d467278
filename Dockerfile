# docker build -t eida . && docker run --rm -v "$PWD:/work" eida eida-probe --help
# LibTorch is PyPI's, a CUDA build of 4.9 GB; --build-arg EIDA_TORCH_INDEX=URL takes an index of PyTorch's CPU builds.
FROM debian:12
ARG EIDA_TORCH_INDEX=
WORKDIR /opt/eida
COPY . .
RUN scripts/setup.sh && cmake --install build/release --prefix /usr/local && \
    rm -rf build .deps /root/.cache /var/lib/apt/lists/*
WORKDIR /work
CMD ["eida-probe", "--help"]
