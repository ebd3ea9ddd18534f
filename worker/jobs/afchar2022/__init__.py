"""The published data of Afchar, Hennequin, Guigue 2022 and what of the poster's table they give."""

from worker.jobs.afchar2022.material import Material, find_material
from worker.jobs.afchar2022.table import Cell, Reproduction, Row, reproduce

__all__ = ["Cell", "Material", "Reproduction", "Row", "find_material", "reproduce"]
