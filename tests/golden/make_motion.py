"""Golden values for src/motion: what OpenCV for Python computes on two small pictures. Needs opencv-python-headless 4.12.

    python3 tests/golden/make_motion.py
"""

import base64
import json
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)
HEIGHT, WIDTH = 64, 96
random = np.random.default_rng(0)
noise = cv2.GaussianBlur(random.normal(size=(HEIGHT + 40, WIDTH + 40)).astype(np.float32), (0, 0), 1.5)
noise = np.clip(128 + 45 * noise / noise.std(), 0, 255).astype(np.uint8)
first = noise[20:-20, 20:-20].copy()
# A camera that turns and comes closer, before which a square moves by itself.
turn = cv2.getRotationMatrix2D((WIDTH / 2 + 20, HEIGHT / 2 + 20), 1.7, 1.03)
second = cv2.warpAffine(noise, turn, (WIDTH + 40, HEIGHT + 40))[20:-20, 20:-20].copy()
second[20:40, 34:54] = first[20:40, 30:50]

flow = cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)
corners = cv2.goodFeaturesToTrack(first, 500, 0.01, 3)
there, status, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, winSize=(15, 15), maxLevel=3)
back, returned, _ = cv2.calcOpticalFlowPyrLK(second, first, there, None, winSize=(15, 15), maxLevel=3)
off = np.linalg.norm((back - corners)[:, 0], axis=1)
found = (status[:, 0] == 1) & (returned[:, 0] == 1) & (off <= 0.5)
homography, inliers = cv2.findHomography(corners[found] + 0.5, there[found] + 0.5, cv2.RANSAC, 1)
affine, affine_inliers = cv2.estimateAffine2D(corners[found] + 0.5, there[found] + 0.5, method=cv2.RANSAC, ransacReprojThreshold=1)
STEP = 7

result = {
    "opencv": cv2.__version__,
    "width": WIDTH,
    "height": HEIGHT,
    "first": base64.b64encode(first.tobytes()).decode(),
    "second": base64.b64encode(second.tobytes()).decode(),
    "step": STEP,
    "flow": [round(float(value), 5) for value in flow[::STEP, ::STEP].ravel()],
    "corners": [round(float(value), 4) for value in corners.ravel() + 0.5],
    "found": found.astype(int).tolist(),
    "followed": [round(float(value), 4) for value in there[found].ravel() + 0.5],
    "homography": homography.ravel().tolist(),
    "homographyInliers": int(inliers.sum()),
    "affine": affine.ravel().tolist(),
    "affineInliers": int(affine_inliers.sum()),
}
Path(__file__).with_name("motion.json").write_text(json.dumps(result) + "\n")
print(len(corners), "corners,", int(found.sum()), "found,", result["homographyInliers"], "inliers")
