"""What every part of the training agrees on: classes, picture sizes and grid."""

CLASS_NAMES = ("person", "bicycle", "car", "bus")

# The model's input, in pixels. 384 x 224 holds a 16:9 picture with a pad of 4 rows above and below.
INPUT_WIDTH = 384
INPUT_HEIGHT = 224

# The drawn frames, in pixels.
FRAME_WIDTH = 640
FRAME_HEIGHT = 360

# Grey of the letterbox pad, as Ultralytics and YOLOX use it.
PAD_GREY = 114

# Input pixels between two neighbouring anchors of each of the three grids.
STRIDES = (8, 16, 32)

# A box side is predicted as a distribution over this many whole strides from its anchor, so it reaches 7 strides.
SIDE_BINS = 8
