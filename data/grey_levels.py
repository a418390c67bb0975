"""What the grey levels of a depth map mean: smaller is deeper, the floor's plateau is 30, the background one of four."""

FLOOR = 30  # [grey level] of every hole's plateau
LEVELS = (140, 150, 160, 170)  # [grey level] of the background in Case 1..4; Depth_110.. is named after L - FLOOR
