# The sample system of the self tests, with the preloads of the harness beside it.
ARG BASE_IMAGE=node:24-slim
FROM ${BASE_IMAGE}
WORKDIR /app
COPY app/ /app/
USER node
CMD ["node", "/app/selfTests/samples/echo/server.js"]
