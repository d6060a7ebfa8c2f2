"""Digital ink: strokes, drawings, rasterising, and handwriting synthesis."""
