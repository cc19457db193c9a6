"""Writes box-track.json: where the upper face of the box is in `box.mp4`, from SIFT matches and a homography by RANSAC.

The video is in Debian's package opencv-doc, gzipped, under opencv4/html/. Needs opencv-python-headless.

    python3 tests/golden/make_box_track.py box.mp4
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

# Corners of the upper face in frame 20, in pixels, read off by eye. The frames before it are blurred.
FIRST, FACE = 20, [[370.0, 12.7], [593.3, 66.7], [566.7, 180.0], [299.3, 100.0]]
STEP = 10
LEAST_INLIERS = 20


def frames_of(path):
    video = cv2.VideoCapture(path)
    frames = []
    while True:
        is_read, frame = video.read()
        if not is_read:
            return frames
        frames.append(frame)


def main(path):
    frames = frames_of(path)
    sift = cv2.SIFT_create()
    matcher = cv2.BFMatcher()
    gray = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]
    height, width = gray[0].shape
    inside = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(inside, np.int32(FACE), 255)
    points, descriptors = sift.detectAndCompute(gray[FIRST], inside)
    rows = []
    for number in range(FIRST, len(frames), STEP):
        others, found = sift.detectAndCompute(gray[number], None)
        pairs = [a for a, b in matcher.knnMatch(descriptors, found, k=2) if a.distance < 0.75 * b.distance]
        if len(pairs) < LEAST_INLIERS:
            continue
        source = np.float32([points[pair.queryIdx].pt for pair in pairs])
        target = np.float32([others[pair.trainIdx].pt for pair in pairs])
        matrix, mask = cv2.findHomography(source, target, cv2.RANSAC, 3.0)
        if matrix is None or int(mask.sum()) < LEAST_INLIERS:
            continue
        corners = cv2.perspectiveTransform(np.float32(FACE)[:, None], matrix)[:, 0]
        left, top = corners.min(axis=0)
        right, bottom = corners.max(axis=0)
        rows.append(
            {
                "frame": number,
                "luma": round(float(gray[number].mean()), 2),
                "inliers": int(mask.sum()),
                "box": [round(float(value), 1) for value in (left, top, right - left, bottom - top)],
            }
        )
    result = {"frames": len(frames), "width": width, "height": height, "opencv": cv2.__version__, "boxes": rows}
    target = Path(__file__).with_name("box-track.json")
    target.write_text(json.dumps(result) + "\n")
    print(f"{len(rows)} of {len(range(FIRST, len(frames), STEP))} frames")


main(sys.argv[1])
