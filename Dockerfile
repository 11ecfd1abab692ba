# docker build -t vtzoo .
# docker run --rm -v "$PWD":/data vtzoo track video.mp4 --box 120,80,64,48 --save result.mp4
# For a smaller image without CUDA, give pip the index of torch's CPU builds: --build-arg TORCH="--index-url ADDRESS".
# With a GPU: docker run --gpus all ... --device cuda
FROM python:3.11-slim
ARG TORCH=""
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir torch torchvision ${TORCH}
COPY . /src
RUN pip install --no-cache-dir /src && rm -rf /src
WORKDIR /data
ENTRYPOINT ["vtzoo"]
CMD ["quickstart"]
