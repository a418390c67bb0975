"""Grey levels of a depth map: smaller is deeper, the hole's floor is 30, the background has one of four levels."""

FLOOR = 30  # [grey level] of the flat floor of every hole
LEVELS = (140, 150, 160, 170)  # [grey level] of the background in Case 1..4; Depth_110.. is named after L - FLOOR
