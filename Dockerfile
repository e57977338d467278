# docker build -t eida . && docker run --rm -v "$PWD:/work" eida eida-probe --help
FROM debian:12
WORKDIR /opt/eida
COPY . .
RUN scripts/setup.sh && cmake --install build/release --prefix /usr/local && \
    rm -rf build .deps /root/.cache /var/lib/apt/lists/*
WORKDIR /work
CMD ["eida-probe", "--help"]
