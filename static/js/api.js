// The API's operations, drawn by Swagger UI out of its description. Without script the page links to that.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api-operations");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    validatorUrl: null,
    supportedSubmitMethods: ["get"],
  });
});
