"""The pictures of the demo company's products, drawn by rule: ``python -m backoffice.demo.art`` writes them.

A product of the catalogue says which vessel, which plant, which hue of the ground and which glaze; everything else
follows, so that a picture is the same on every machine.
"""
